// Asks actionlint about workflows. Input: {"<path>": "<text>"}; output: one line for each problem.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/rhysd/actionlint"
)

func main() {
	var workflows map[string]string
	if err := json.NewDecoder(os.Stdin).Decode(&workflows); err != nil {
		log.Fatal(err)
	}
	// No shellcheck and no pyflakes: what a machine happens to have must not decide.
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		log.Fatal(err)
	}
	problems := []string{}
	for path, text := range workflows {
		found, err := linter.Lint(path, []byte(text), nil)
		if err != nil {
			log.Fatal(err)
		}
		for _, problem := range found {
			problems = append(problems, fmt.Sprintf("%s:%d: %s", path, problem.Line, problem.Message))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(problems); err != nil {
		log.Fatal(err)
	}
}
