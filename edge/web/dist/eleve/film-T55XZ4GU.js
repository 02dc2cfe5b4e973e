import"../chunk-SBNC6DOK.js";import"../chunk-JWTNFUYJ.js";import"../chunk-CQHVBYFX.js";import"../chunk-7I563G2N.js";
