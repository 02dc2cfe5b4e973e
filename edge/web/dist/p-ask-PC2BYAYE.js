import"./chunk-5PZILWU5.js";import"./chunk-W4WFSGZT.js";import"./chunk-7I563G2N.js";
