// Package v1 has the two enumerations by which sigstore's signature package
// names algorithms, with the numbers of the specification. The real one brings
// protocol buffers whole, 2 MB of a box's 30, and messages that nobody here
// sends. It promises to compile where the real one does.
package v1

// HashAlgorithm names a digest.
type HashAlgorithm int32

const (
	HashAlgorithm_HASH_ALGORITHM_UNSPECIFIED HashAlgorithm = 0
	HashAlgorithm_SHA2_256                   HashAlgorithm = 1
	HashAlgorithm_SHA2_384                   HashAlgorithm = 2
	HashAlgorithm_SHA2_512                   HashAlgorithm = 3
	HashAlgorithm_SHA3_256                   HashAlgorithm = 4
	HashAlgorithm_SHA3_384                   HashAlgorithm = 5
)

// PublicKeyDetails names a key's kind and how it signs.
type PublicKeyDetails int32

const (
	PublicKeyDetails_PUBLIC_KEY_DETAILS_UNSPECIFIED PublicKeyDetails = 0
	PublicKeyDetails_PKCS1_RSA_PKCS1V5              PublicKeyDetails = 1
	PublicKeyDetails_PKCS1_RSA_PSS                  PublicKeyDetails = 2
	PublicKeyDetails_PKIX_RSA_PKCS1V5               PublicKeyDetails = 3
	PublicKeyDetails_PKIX_RSA_PSS                   PublicKeyDetails = 4
	PublicKeyDetails_PKIX_RSA_PKCS1V15_2048_SHA256  PublicKeyDetails = 9
	PublicKeyDetails_PKIX_RSA_PKCS1V15_3072_SHA256  PublicKeyDetails = 10
	PublicKeyDetails_PKIX_RSA_PKCS1V15_4096_SHA256  PublicKeyDetails = 11
	PublicKeyDetails_PKIX_RSA_PSS_2048_SHA256       PublicKeyDetails = 16
	PublicKeyDetails_PKIX_RSA_PSS_3072_SHA256       PublicKeyDetails = 17
	PublicKeyDetails_PKIX_RSA_PSS_4096_SHA256       PublicKeyDetails = 18
	PublicKeyDetails_PKIX_ECDSA_P256_HMAC_SHA_256   PublicKeyDetails = 6
	PublicKeyDetails_PKIX_ECDSA_P256_SHA_256        PublicKeyDetails = 5
	PublicKeyDetails_PKIX_ECDSA_P384_SHA_384        PublicKeyDetails = 12
	PublicKeyDetails_PKIX_ECDSA_P521_SHA_512        PublicKeyDetails = 13
	PublicKeyDetails_PKIX_ED25519                   PublicKeyDetails = 7
	PublicKeyDetails_PKIX_ED25519_PH                PublicKeyDetails = 8
	PublicKeyDetails_PKIX_ECDSA_P384_SHA_256        PublicKeyDetails = 19
	PublicKeyDetails_PKIX_ECDSA_P521_SHA_256        PublicKeyDetails = 20
	PublicKeyDetails_LMS_SHA256                     PublicKeyDetails = 14
	PublicKeyDetails_LMOTS_SHA256                   PublicKeyDetails = 15
	PublicKeyDetails_ML_DSA_65                      PublicKeyDetails = 21
	PublicKeyDetails_ML_DSA_87                      PublicKeyDetails = 22
)
