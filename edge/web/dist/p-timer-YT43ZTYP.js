import{a,b}from"./chunk-3RJ4FZLY.js";import"./chunk-7I563G2N.js";export{b as clock,a as left};
