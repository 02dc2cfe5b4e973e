import"../chunk-Y36IQ3GB.js";import"../chunk-K4UZN2WX.js";import"../chunk-AVR46T4H.js";
