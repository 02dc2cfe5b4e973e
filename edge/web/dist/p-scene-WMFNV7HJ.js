import{a}from"./chunk-2RWZ336D.js";import"./chunk-7I563G2N.js";export{a as scene};
