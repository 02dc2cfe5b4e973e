import"./chunk-MJRQPKB2.js";import"./chunk-W4WFSGZT.js";import"./chunk-7I563G2N.js";
