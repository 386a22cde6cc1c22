// Says which images BuildKit would use for Dockerfiles: its own frontend converts each of them, with
// a resolver that knows every image and writes down what it is asked for.
//
// Standard input: a JSON list of cases. Standard output: a JSON list of verdicts, in the same order.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type buildCase struct {
	Dockerfile    string            `json:"dockerfile"`
	BuildArgs     map[string]string `json:"buildArgs"`
	Target        string            `json:"target"`
	Platforms     []string          `json:"platforms"`
	BuildPlatform string            `json:"buildPlatform"`
}

type verdict struct {
	// Full names, sorted: docker.io/library/alpine:latest.
	Images []string `json:"images"`
	// What `# syntax=` and its other spellings name.
	Syntax string `json:"syntax,omitempty"`
	// Why BuildKit refuses the file.
	Error string `json:"error,omitempty"`
}

// resolver knows every image and notes its name.
type resolver struct {
	mu    sync.Mutex
	asked map[string]struct{}
}

func (r *resolver) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[ref] = struct{}{}
	image := ocispecs.Image{Platform: *opt.ImageOpt.Platform}
	image.RootFS.DiffIDs = []digest.Digest{digest.FromString(ref)}
	config, err := json.Marshal(image)
	return ref, "", config, err
}

func judge(c buildCase) (v verdict) {
	v.Images = []string{}
	defer func() {
		if thrown := recover(); thrown != nil {
			v.Error = fmt.Sprint(thrown)
		}
	}()
	dockerfile := []byte(c.Dockerfile)
	if syntax, _, _, found := parser.DetectSyntax(dockerfile); found {
		v.Syntax = syntax
	}
	build, err := platform(c.BuildPlatform)
	if err != nil {
		v.Error = err.Error()
		return v
	}
	targets := []*ocispecs.Platform{nil}
	if len(c.Platforms) > 0 {
		targets = nil
		for _, text := range c.Platforms {
			target, err := platform(text)
			if err != nil {
				v.Error = err.Error()
				return v
			}
			targets = append(targets, &target)
		}
	}
	asked := map[string]struct{}{}
	for _, target := range targets {
		_, err := dockerfile2llb.Dockerfile2LLB(context.Background(), bytes.Clone(dockerfile), dockerfile2llb.ConvertOpt{
			Config: dockerui.Config{
				BuildArgs:      c.BuildArgs,
				Target:         c.Target,
				BuildPlatforms: []ocispecs.Platform{build},
			},
			TargetPlatform: target,
			MetaResolver:   llb.ImageMetaResolver(&resolver{asked: asked}),
		})
		if err != nil {
			v.Error = err.Error()
			return v
		}
	}
	for name := range asked {
		v.Images = append(v.Images, name)
	}
	slices.Sort(v.Images)
	return v
}

// platform reads a platform as buildx and BuildKit read the values of --platform.
func platform(text string) (ocispecs.Platform, error) {
	parsed, err := platforms.Parse(text)
	if err != nil {
		return ocispecs.Platform{}, err
	}
	return platforms.Normalize(parsed), nil
}

func main() {
	var cases []buildCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	verdicts := make([]verdict, len(cases))
	for i, c := range cases {
		verdicts[i] = judge(c)
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
