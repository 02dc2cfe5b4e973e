import{a,b}from"./chunk-FQLTEFNX.js";import"./chunk-7I563G2N.js";export{b as recall,a as scene};
