import PulumiCloud
import Testing

@Suite struct CloudURLTests {
    @Test(arguments: [
        ("https://api.pulumi.com", "https://api.pulumi.com"),
        ("https://api.pulumi.com/", "https://api.pulumi.com"),
        ("https://api.pulumi.com///", "https://api.pulumi.com"),
        ("HTTPS://API.Pulumi.COM", "https://api.pulumi.com"),
        ("https://ci.acme.com/Pulumi/", "https://ci.acme.com/Pulumi"),
        ("https://ci.acme.com:8443/a/b%20c", "https://ci.acme.com:8443/a/b%20c"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.8.9.1:1", "http://127.8.9.1:1"),
        ("http://[::1]:8080/p/", "http://[::1]:8080/p"),
        ("https://my_host", "https://my_host"),
    ])
    func `an address is normalised and keeps its path`(text: String, normal: String) throws {
        #expect(try CloudURL(text).text == normal)
    }

    @Test(arguments: [
        ("", CloudURLError.notAURL),
        ("api.pulumi.com", .notAURL),
        ("https:/api.pulumi.com", .notAURL),
        ("https://", .notAURL),
        ("https:///path", .notAURL),
        ("https://api.pulumi.com:", .notAURL),
        ("https://api.pulumi.com:0", .notAURL),
        ("https://api.pulumi.com:65536", .notAURL),
        ("https://api.pulumi.com:+5", .notAURL),
        ("https://api.pulumi.com\n", .notAURL),
        (" https://api.pulumi.com", .notAURL),
        ("https://api.pulumi.com/a b", .notAURL),
        ("https://api.pulumi.com/a\\b", .notAURL),
        ("https://api.pulumi.com/a/../b", .notAURL),
        ("https://api.pulumi.com/./b", .notAURL),
        ("https://äpi.pulumi.com", .notAURL),
        ("https://[::1", .notAURL),
        ("https://[]", .notAURL),
        ("https://[::1]x", .notAURL),
        ("https://.acme.com", .notAURL),
        ("https://user@api.pulumi.com", .userInformation),
        ("https://user:secret@api.pulumi.com/x", .userInformation),
        ("https://api.pulumi.com@evil.example", .userInformation),
        ("https://api.pulumi.com?x=y", .queryOrFragment),
        ("https://api.pulumi.com/#x", .queryOrFragment),
        ("https://app.pulumi.com", .console(host: "app.pulumi.com")),
        ("https://app.pulumi.com/acme/", .console(host: "app.pulumi.com")),
        ("https://PULUMI.com", .console(host: "pulumi.com")),
        ("ftp://api.pulumi.com", .scheme),
        ("://api.pulumi.com", .notAURL),
        ("http://api.pulumi.com", .insecure),
        ("http://127.0.0.1.evil.example", .insecure),
        ("http://localhost.evil.example", .insecure),
        ("s3://bucket", .diy(scheme: "s3")),
        ("file://~", .diy(scheme: "file")),
        ("postgres://user:secret@db/pulumi", .diy(scheme: "postgres")),
    ])
    func `what cannot be the address of an API is refused`(text: String, error: CloudURLError) {
        #expect(throws: error) { try CloudURL(text) }
        #expect(!(error.message + error.hint).contains("secret"))
    }

    @Test(arguments: [
        "s3://bucket?region=x", "gs://bucket", "azblob://container", "file:///tmp", "FILE://~", "postgres://db/x",
    ])
    func `a backend without a cloud is recognised`(text: String) {
        #expect(CloudURL.isDIY(text))
    }

    @Test(arguments: ["https://api.pulumi.com", "", "s3", "s3:bucket", "https://s3://", "http://localhost"])
    func `anything else is not taken for one`(text: String) {
        #expect(!CloudURL.isDIY(text))
    }

    @Test func `segments and values are percent-encoded`() throws {
        let url = try CloudURL("https://ci.acme.com/p")
        #expect(url.endpoint(["api", "user"], query: []) == "https://ci.acme.com/p/api/user")
        #expect(url.endpoint(["a/b", "..", "ä?#%"], query: []) == "https://ci.acme.com/p/a%2Fb/%2E%2E/%C3%A4%3F%23%25")
        #expect(
            url.endpoint(["x"], query: [("reason", "a b&c=d+e"), ("k&", "")])
                == "https://ci.acme.com/p/x?reason=a%20b%26c%3Dd%2Be&k%26="
        )
    }
}
