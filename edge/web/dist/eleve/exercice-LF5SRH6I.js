import"../chunk-R7YKREIW.js";import"../chunk-4DMVHTCU.js";import"../chunk-BIACFSW7.js";
