module x509judge

go 1.21
