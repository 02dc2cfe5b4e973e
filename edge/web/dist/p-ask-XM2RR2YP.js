import"./chunk-FTOTQTT6.js";import"./chunk-NAFEA7FM.js";import"./chunk-5OUR2VIR.js";import"./chunk-7I563G2N.js";
