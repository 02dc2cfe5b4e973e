import"./chunk-QFGBU3WA.js";import"./chunk-VSIAQ4KD.js";import"./chunk-NMJANC4Y.js";
