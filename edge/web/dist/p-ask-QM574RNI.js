import"./chunk-TSZHCSMC.js";import"./chunk-7KHQCSSK.js";import"./chunk-LAWEBFWQ.js";import"./chunk-5OUR2VIR.js";import"./chunk-7I563G2N.js";
