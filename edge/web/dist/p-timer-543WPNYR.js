import{a,b}from"./chunk-YF6BGMMC.js";import"./chunk-7I563G2N.js";export{b as clock,a as left};
