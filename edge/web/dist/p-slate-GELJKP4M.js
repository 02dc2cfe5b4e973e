import"./chunk-OZWOI3YK.js";import"./chunk-VJH366QN.js";import"./chunk-5ANYDA7V.js";import"./chunk-3W6R5NRR.js";import"./chunk-RQQR2AJ3.js";
