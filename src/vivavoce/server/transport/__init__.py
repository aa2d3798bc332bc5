"""What carries requests: TLS, HTTP/2 beside HTTP/1.1 on one port, a certificate authority."""
