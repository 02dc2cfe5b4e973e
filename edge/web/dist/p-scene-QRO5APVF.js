import{a,b,c}from"./chunk-XCUSW3DS.js";import"./chunk-L2IZEIKC.js";import"./chunk-7I563G2N.js";export{c as recall,a as release,b as scene};
