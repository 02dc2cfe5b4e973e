import"./chunk-XNAHW4UB.js";import"./chunk-MBAUZ7UG.js";import"./chunk-L2IZEIKC.js";import"./chunk-5OUR2VIR.js";import"./chunk-7I563G2N.js";
