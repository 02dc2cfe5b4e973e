import"../chunk-MMTY3JJJ.js";import"../chunk-HGU35COT.js";import"../chunk-ITBUTLNM.js";
