// Says what Kubernetes and Docker Compose read in files: the decoder of kubectl with the YAML library
// below it, and the loader of Compose.
//
// Standard input: a JSON list of cases. Standard output: a JSON list of verdicts, in the same order.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

type fileCase struct {
	// "kubernetes" or "compose".
	Kind string `json:"kind"`
	Text string `json:"text"`
}

type verdict struct {
	// Of kubernetes: every object as JSON.
	Documents []json.RawMessage `json:"documents,omitempty"`
	// Of compose: every image, sorted, each once.
	Images []string `json:"images,omitempty"`
	// Why the file is refused.
	Error string `json:"error,omitempty"`
}

// As the file visitor and the stream visitor of kubectl read a file (cli-runtime, resource.Builder).
func kubernetes(text string) (v verdict) {
	reader := transform.NewReader(bytes.NewReader([]byte(text)), unicode.BOMOverride(unicode.UTF8.NewDecoder()))
	decoder := yaml.NewYAMLOrJSONDecoder(reader, 4096)
	v.Documents = []json.RawMessage{}
	for {
		ext := runtime.RawExtension{}
		if err := decoder.Decode(&ext); err != nil {
			if !errors.Is(err, io.EOF) {
				v.Error = err.Error()
			}
			return v
		}
		raw := bytes.TrimSpace(ext.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		v.Documents = append(v.Documents, raw)
	}
}

func compose(text string) (v verdict) {
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  "/nowhere",
		ConfigFiles: []types.ConfigFile{{Filename: "/nowhere/compose.yaml", Content: []byte(text)}},
		Environment: types.Mapping{},
	}, func(options *loader.Options) {
		options.SetProjectName("judged", true)
		options.Profiles = []string{"*"}
		options.SkipConsistencyCheck = true
	})
	if err != nil {
		v.Error = err.Error()
		return v
	}
	for _, service := range project.AllServices() {
		if service.Image != "" {
			v.Images = append(v.Images, service.Image)
		}
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeImage && volume.Source != "" {
				v.Images = append(v.Images, volume.Source)
			}
		}
	}
	slices.Sort(v.Images)
	v.Images = slices.Compact(v.Images)
	return v
}

func judge(c fileCase) (v verdict) {
	defer func() {
		if thrown := recover(); thrown != nil {
			v = verdict{Error: fmt.Sprint(thrown)}
		}
	}()
	if c.Kind == "compose" {
		return compose(c.Text)
	}
	return kubernetes(c.Text)
}

func main() {
	logrus.SetOutput(io.Discard)
	var cases []fileCase
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
