import{b as a,c as b}from"./chunk-RQQR2AJ3.js";export{a as contentBox,b as inkOver};
