import"../chunk-A6TAPZFT.js";import"../chunk-4DMVHTCU.js";import"../chunk-BIACFSW7.js";
