// Judges Notary Project signatures with notation's own library. Reads a JSON array of questions on
// standard input and writes an array of answers. Answers are the library's: nothing is decided here.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	_ "github.com/notaryproject/notation-core-go/signature/cose"
	_ "github.com/notaryproject/notation-core-go/signature/jws"
	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/registry"
	"github.com/notaryproject/notation-go/signer"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	"github.com/notaryproject/notation-go/verifier/truststore"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// question is one of: an envelope and its target ("envelope"); an image in a registry, whose
// signatures are looked up there ("verify"); an image in a registry, to be signed ("sign").
type question struct {
	Kind      string
	Reference string
	// Certificates in PEM, by the store's folder ("ca/acme") and file name.
	TrustStore map[string]map[string]string
	Policy     json.RawMessage
	Metadata   map[string]string
	// Of a registry.
	Username, Password string
	// Of an envelope.
	Target    ocispec.Descriptor
	MediaType string
	Envelope  []byte
	// Of signing: PEM.
	Key, Chain    string
	ExpirySeconds int64
}

type check struct {
	Type   string `json:"type"`
	Action string `json:"action"`
	Error  string `json:"error"`
}

type answer struct {
	Accepted bool              `json:"accepted"`
	Error    string            `json:"error,omitempty"`
	Digest   string            `json:"digest,omitempty"`
	Checks   []check           `json:"checks,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fail(err)
	}
	answers := make([]answer, len(questions))
	for i, q := range questions {
		a, err := ask(context.Background(), q)
		if err != nil {
			a.Error = err.Error()
		}
		a.Accepted = err == nil
		answers[i] = a
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func ask(ctx context.Context, q question) (answer, error) {
	switch q.Kind {
	case "sign":
		return sign(ctx, q)
	case "verify":
		return verify(ctx, q)
	case "envelope":
		return judge(ctx, q)
	}
	return answer{}, fmt.Errorf("no question of the kind %q", q.Kind)
}

func judge(ctx context.Context, q question) (answer, error) {
	v, done, err := newVerifier(q)
	if err != nil {
		return answer{}, err
	}
	defer done()
	outcome, err := v.Verify(ctx, q.Target, q.Envelope, notation.VerifierVerifyOptions{
		ArtifactReference:  q.Reference,
		SignatureMediaType: q.MediaType,
		UserMetadata:       q.Metadata,
	})
	return answer{Checks: checksOf(outcome)}, err
}

func verify(ctx context.Context, q question) (answer, error) {
	v, done, err := newVerifier(q)
	if err != nil {
		return answer{}, err
	}
	defer done()
	repository, err := open(q)
	if err != nil {
		return answer{}, err
	}
	descriptor, outcomes, err := notation.Verify(ctx, v, repository, notation.VerifyOptions{
		ArtifactReference:    q.Reference,
		MaxSignatureAttempts: 100,
		UserMetadata:         q.Metadata,
	})
	a := answer{Digest: descriptor.Digest.String()}
	for _, outcome := range outcomes {
		a.Checks = append(a.Checks, checksOf(outcome)...)
		if metadata, e := outcome.UserMetadata(); e == nil {
			a.Metadata = metadata
		}
	}
	return a, err
}

func sign(ctx context.Context, q question) (answer, error) {
	pair, err := tls.X509KeyPair([]byte(q.Chain), []byte(q.Key))
	if err != nil {
		return answer{}, err
	}
	chain := make([]*x509.Certificate, len(pair.Certificate))
	for i, der := range pair.Certificate {
		if chain[i], err = x509.ParseCertificate(der); err != nil {
			return answer{}, err
		}
	}
	s, err := signer.New(pair.PrivateKey, chain)
	if err != nil {
		return answer{}, err
	}
	repository, err := open(q)
	if err != nil {
		return answer{}, err
	}
	descriptor, err := notation.Sign(ctx, s, repository, notation.SignOptions{
		ArtifactReference: q.Reference,
		UserMetadata:      q.Metadata,
		SignerSignOptions: notation.SignerSignOptions{
			SignatureMediaType: q.MediaType,
			ExpiryDuration:     time.Duration(q.ExpirySeconds) * time.Second,
		},
	})
	return answer{Digest: descriptor.Digest.String()}, err
}

func newVerifier(q question) (notation.Verifier, func(), error) {
	folder, err := os.MkdirTemp("", "notation-judge-")
	if err != nil {
		return nil, nil, err
	}
	done := func() { os.RemoveAll(folder) }
	for store, files := range q.TrustStore {
		at := filepath.Join(folder, "truststore", "x509", filepath.FromSlash(store))
		if err := os.MkdirAll(at, 0o700); err != nil {
			done()
			return nil, nil, err
		}
		for name, text := range files {
			if block, _ := pem.Decode([]byte(text)); block == nil {
				done()
				return nil, nil, fmt.Errorf("%s/%s is not PEM", store, name)
			}
			if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o600); err != nil {
				done()
				return nil, nil, err
			}
		}
	}
	var policy trustpolicy.Document
	if err := json.Unmarshal(q.Policy, &policy); err != nil {
		done()
		return nil, nil, err
	}
	v, err := verifier.New(&policy, truststore.NewX509TrustStore(dir.NewSysFS(folder)), nil)
	if err != nil {
		done()
		return nil, nil, err
	}
	return v, done, nil
}

func open(q question) (registry.Repository, error) {
	repository, err := remote.NewRepository(q.Reference)
	if err != nil {
		return nil, err
	}
	// Who signs may not delete; notation's command line tells of what stays, and goes on.
	repository.SkipReferrersGC = true
	repository.Client = &auth.Client{
		Client: &http.Client{Transport: retry.NewTransport(http.DefaultTransport)},
		Cache:  auth.NewCache(),
		Credential: auth.StaticCredential(repository.Reference.Registry, auth.Credential{
			Username: q.Username,
			Password: q.Password,
		}),
	}
	return registry.NewRepository(repository), nil
}

func checksOf(outcome *notation.VerificationOutcome) []check {
	if outcome == nil {
		return nil
	}
	var checks []check
	for _, result := range outcome.VerificationResults {
		c := check{Type: string(result.Type), Action: string(result.Action)}
		if result.Error != nil {
			c.Error = result.Error.Error()
		}
		checks = append(checks, c)
	}
	return checks
}
