import{a}from"./chunk-3W6R5NRR.js";import"./chunk-7I563G2N.js";export{a as scene};
