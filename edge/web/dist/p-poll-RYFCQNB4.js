import"./chunk-RDDY7YW4.js";import"./chunk-W4WFSGZT.js";import"./chunk-7I563G2N.js";
