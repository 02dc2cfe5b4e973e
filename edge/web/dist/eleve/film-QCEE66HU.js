import"../chunk-7LO2XBQC.js";import"../chunk-JWTNFUYJ.js";import"../chunk-CQHVBYFX.js";import"../chunk-7I563G2N.js";
