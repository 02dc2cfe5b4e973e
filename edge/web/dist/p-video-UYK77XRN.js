import"./chunk-NI2KGI6P.js";import"./chunk-K4UZN2WX.js";import"./chunk-AVR46T4H.js";
