import"./chunk-KEYBKMLM.js";import"./chunk-HGU35COT.js";import"./chunk-ITBUTLNM.js";
