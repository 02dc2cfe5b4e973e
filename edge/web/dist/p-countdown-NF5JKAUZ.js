import"./chunk-CWOW2HCU.js";import"./chunk-YF6BGMMC.js";import"./chunk-MBAUZ7UG.js";import"./chunk-L2IZEIKC.js";import"./chunk-7I563G2N.js";
