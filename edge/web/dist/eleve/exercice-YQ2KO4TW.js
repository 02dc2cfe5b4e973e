import"../chunk-SMXA6HW5.js";import"../chunk-JWTNFUYJ.js";import"../chunk-CQHVBYFX.js";import"../chunk-7I563G2N.js";
