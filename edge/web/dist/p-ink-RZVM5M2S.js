import{b as a,c as b}from"./chunk-EMESVOMW.js";import"./chunk-7I563G2N.js";export{a as contentBox,b as inkOver};
