import"./chunk-OT33HUXO.js";import"./chunk-5OUR2VIR.js";import"./chunk-7I563G2N.js";
