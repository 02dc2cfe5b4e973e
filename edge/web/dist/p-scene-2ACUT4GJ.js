import{a}from"./chunk-3W6R5NRR.js";export{a as scene};
