import{a,b,c}from"./chunk-IKOY6WOI.js";import"./chunk-LAWEBFWQ.js";import"./chunk-7I563G2N.js";export{c as recall,a as release,b as scene};
