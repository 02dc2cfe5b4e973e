import"./chunk-J5WAYNA3.js";import"./chunk-YF6BGMMC.js";import"./chunk-J3BHQ24L.js";import"./chunk-L2IZEIKC.js";import"./chunk-7I563G2N.js";
