import"./chunk-36ZVJZMV.js";import"./chunk-J3BHQ24L.js";import"./chunk-L2IZEIKC.js";import"./chunk-5OUR2VIR.js";import"./chunk-7I563G2N.js";
