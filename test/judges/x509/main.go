// Judges certificate chains by Go's crypto/x509, the library of Docker and Notary. Reads a JSON list
// of chains from standard input and prints a list of verdicts: the error, or nothing.
package main

import (
	"crypto/x509"
	"encoding/json"
	"os"
	"time"
)

type chain struct {
	Leaf          []byte
	Intermediates [][]byte
	Anchors       [][]byte
	At            time.Time
}

func pool(ders [][]byte) (*x509.CertPool, error) {
	certificates := x509.NewCertPool()
	for _, der := range ders {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		certificates.AddCert(certificate)
	}
	return certificates, nil
}

func judge(c chain) error {
	leaf, err := x509.ParseCertificate(c.Leaf)
	if err != nil {
		return err
	}
	anchors, err := pool(c.Anchors)
	if err != nil {
		return err
	}
	intermediates, err := pool(c.Intermediates)
	if err != nil {
		return err
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots:         anchors,
		Intermediates: intermediates,
		CurrentTime:   c.At,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning, x509.ExtKeyUsageServerAuth},
	})
	return err
}

func main() {
	var chains []chain
	if err := json.NewDecoder(os.Stdin).Decode(&chains); err != nil {
		panic(err)
	}
	verdicts := make([]string, len(chains))
	for i, c := range chains {
		if err := judge(c); err != nil {
			verdicts[i] = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		panic(err)
	}
}
