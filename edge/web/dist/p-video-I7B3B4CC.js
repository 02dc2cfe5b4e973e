import"./chunk-MMTY3JJJ.js";import"./chunk-HGU35COT.js";import"./chunk-ITBUTLNM.js";import"./chunk-7I563G2N.js";
