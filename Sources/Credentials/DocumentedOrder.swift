/// The two orders as `docs/reference.md` shows them; what holds is tested with the choices themselves.
extension CloudChoice {
    /// For the documentation: who names the cloud, the first one first.
    package static let order: [(place: String, remark: String)] = [
        ("`--cloud-url`, `PULUMI_TOKEN_CLOUD_URL`, the input `cloud-url`", "the action reads nothing else"),
        ("`PULUMI_BACKEND_URL`", "a DIY backend, such as `s3://`, is kept, and the next place is used"),
        ("`PULUMI_API`", "the same"),
        (
            "`backend.url` of `Pulumi.yaml`",
            "in the working directory or the nearest one above it; not with `PULUMI_BACKEND_URL`"
        ),
        ("the current backend of `pulumi login`", "in CI too: it is an address, not a credential"),
        ("`https://api.pulumi.com`", ""),
    ]
}

extension CredentialSource {
    /// For the documentation: what mints, the first one first.
    package static let order: [(place: String, remark: String)] = [
        (
            "`--access-token-file`, `--oidc-org`, their variables, the inputs `access-token` and `oidc-org`",
            "it is an error to set two of them, or to leave one empty"
        ),
        ("`PULUMI_ACCESS_TOKEN`", "it is an error if it is empty, as a secret is in a fork"),
        ("the Pulumi CLI's login for that cloud", "outside CI, or with `--use-login`"),
    ]
}
