import"./chunk-6PPYSVBD.js";import"./chunk-VJH366QN.js";import"./chunk-WO6CTA7H.js";import"./chunk-3W6R5NRR.js";import"./chunk-RQQR2AJ3.js";
