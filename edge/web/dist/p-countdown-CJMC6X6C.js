import"./chunk-C3HJGYKZ.js";import"./chunk-YF6BGMMC.js";import"./chunk-7KHQCSSK.js";import"./chunk-LAWEBFWQ.js";import"./chunk-7I563G2N.js";
