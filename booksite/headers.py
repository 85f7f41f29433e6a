"""The headers that a host sends with every page: the server of `make serve` does, and static hosts read `_headers`."""

from pathlib import Path

POLICY = {
    "default-src": "'self'",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",  # KaTeX places the signs of a formula by style attributes
    "img-src": "'self' data:",  # the theme's style sheet holds small pictures
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
SECURITY = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def write_headers_file(app, exception):
    """`_headers` at the site's root, as Netlify and Cloudflare Pages read it; other hosts do not look at it."""
    if exception is None and app.builder.name == "html":
        lines = ["/*", *(f"  {name}: {value}" for name, value in SECURITY.items())]
        (Path(app.outdir) / "_headers").write_text("\n".join(lines) + "\n", encoding="utf-8")


def setup(app):
    app.connect("build-finished", write_headers_file)
