import"./chunk-KEYBKMLM.js";import"./chunk-HGU35COT.js";import"./chunk-ITBUTLNM.js";import"./chunk-7I563G2N.js";
