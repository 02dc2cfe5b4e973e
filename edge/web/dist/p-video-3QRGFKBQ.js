import"./chunk-LUNKWCLW.js";import"./chunk-VSIAQ4KD.js";import"./chunk-NMJANC4Y.js";
