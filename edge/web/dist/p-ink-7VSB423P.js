import{b as a,c as b}from"./chunk-FRMCB4FR.js";import"./chunk-7I563G2N.js";export{a as contentBox,b as inkOver};
