import"./chunk-B4LYOZLT.js";import"./chunk-YF6BGMMC.js";import"./chunk-7I563G2N.js";
