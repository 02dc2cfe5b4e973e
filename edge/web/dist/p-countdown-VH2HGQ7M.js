import"./chunk-2HJXACTR.js";import"./chunk-YF6BGMMC.js";import"./chunk-NAFEA7FM.js";import"./chunk-7I563G2N.js";
