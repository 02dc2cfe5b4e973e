import"./chunk-MXEGIFV3.js";import"./chunk-VSIAQ4KD.js";import"./chunk-NMJANC4Y.js";
