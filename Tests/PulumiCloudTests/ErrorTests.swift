import FoundationEssentials
import HTTPTransport
import PulumiCloud
import StubTransport
import Testing

@Suite struct ErrorTests {
    private func rejection(_ status: Int, _ body: String, _ fields: [(String, String)] = []) throws -> APIError? {
        let scene = try Scene(user, .reply(status, body, fields: fields))
        guard case .rejected(let error) = failure(of: { () throws(CloudError) in try scene.cloud.currentUser() })
        else { return nil }
        return error
    }

    @Test(arguments: [
        (#"{"code":401,"message":"Unauthorized: no"}"#, "Unauthorized: no", true),
        // A gateway's JSON, which is not the API's.
        (#"{"message":"no code"}"#, "no code", false),
        (#"{"code":1020,"message":"another code"}"#, "another code", false),
        (#"{"error":"Forbidden"}"#, "", false),
        (#"{"code":"401"}"#, "", true),
        (#"{"code":401,"message":"two\nlines\u001b[0m"}"#, "two lines [0m", true),
        (#"{"code":401,"message":"token parent-credential is bad"}"#, "token *** is bad", true),
        (#"{"error":"invalid_grant","error_description":"denied"}"#, "denied", true),
        (#"{"something":"else"}"#, "", false),
        (#"{"message":5}"#, "", false),
        ("<html><body>Bad gateway</body></html>", "", false),
        ("  upstream   gone\r\n", "upstream gone", false),
        ("", "", false),
        (String(repeating: "x", count: 301), String(repeating: "x", count: 300) + "...", false),
    ])
    func `both shapes of errors, plain text and web pages are read`(
        body: String,
        message: String,
        isAPIError: Bool
    ) throws {
        let error = try rejection(401, body)
        #expect(error?.message == message)
        #expect(error?.isAPIError == isAPIError)
        #expect(error?.status == 401)
    }

    /// What is cut is no form of a secret any more, and would not be recognised as one.
    @Test func `a secret that a server repeats is gone before a text is cut`() throws {
        let value = Scene.parent
        for form in [value, Data(value.utf8).base64EncodedString()] {
            for padding in 0..<form.count {
                let text = String(repeating: "x", count: 300 - padding) + form
                let error = try rejection(500, text, [("X-Pulumi-Request-ID", text)])
                let shown = (error?.message ?? "") + (error?.requestID ?? "")
                #expect(!shown.contains(form.prefix(9)), "\(shown)")
            }
        }
    }

    @Test func `of many errors with long texts only the beginning is read`() throws {
        let text = String(repeating: "x ", count: 4 << 10)
        let item = #"{"resource":"\#(text)","attribute":"\#(text)","errorType":"\#(text)","customMessage":"\#(text)"}"#
        let items = Array(repeating: item, count: 100).joined(separator: ",")
        let error = try #require(try rejection(400, #"{"code":400,"message":"no","errors":[\#(items)]}"#))
        #expect(error.items.count == 16)
        for item in error.items {
            for text in [item.resource, item.attribute, item.errorType, item.customMessage] {
                #expect(text?.hasPrefix("x x") == true && (text?.utf8.count ?? 0) < 310)
            }
        }
    }

    /// Where secrets have become short, what stood behind them comes into sight.
    @Test func `no part of a secret is shown that an error repeats, however long it is`() throws {
        let text = String(repeating: Scene.parent + " ", count: 200)
        let body = #"{"code":400,"message":"no","errors":[{"resource":"x","customMessage":"\#(text)"}]}"#
        let shown = try #require(try rejection(400, body)?.items.first?.customMessage)
        #expect(shown.contains("*** ***") && !shown.contains(Scene.parent.prefix(3)), "\(shown)")
    }

    @Test func `the text of a refusal that is too long to be meant for people is left out`() throws {
        let text = String(repeating: "x ", count: 32 << 10)
        #expect(try rejection(500, text)?.message.hasPrefix("x x") == true)
        #expect(try rejection(500, text + "x")?.message == "")
    }

    @Test func `the parts of an error are kept`() throws {
        let error = try rejection(
            401,
            #"{"code":401,"message":"m","errors":[{"resource":"a","attribute":"acme","errorType":"saml_reauth_required"},5]}"#,
            [("X-Pulumi-Request-ID", "r-1"), ("Date", "Fri, 15 Jan 2027 08:00:00 GMT")]
        )
        #expect(
            error
                == APIError(
                    status: 401,
                    message: "m",
                    items: [.init(resource: "a", attribute: "acme", errorType: "saml_reauth_required")],
                    requestID: "r-1",
                    serverTime: 1_800_000_000
                )
        )
    }

    @Test(
        arguments: [
            ("7", nil, .seconds(7)),
            ("0", nil, .zero),
            ("99999999999999999999999", nil, .seconds(365 * 86400)),
            ("-1", nil, nil),
            ("1.5", nil, nil),
            ("soon", nil, nil),
            ("", nil, nil),
            ("Fri, 15 Jan 2027 08:00:09 GMT", nil, .seconds(9)),
            ("Fri, 15 Jan 2027 07:00:00 GMT", nil, .zero),
            // The server's clock counts, not ours.
            ("Fri, 15 Jan 2027 08:00:09 GMT", "Fri, 15 Jan 2027 08:00:05 GMT", .seconds(4)),
        ] as [(String, String?, Duration?)]
    )
    func `Retry-After is read in both forms`(field: String, date: String?, wait: Duration?) throws {
        let error = try rejection(429, "", [("Retry-After", field)] + (date.map { [("Date", $0)] } ?? []))
        #expect(error?.retryAfter == wait)
    }

    @Test(arguments: [
        (302, false, false), (400, false, false), (401, false, false), (403, false, false), (404, false, false),
        (409, false, false), (408, true, true), (425, false, true), (429, false, true),
        (500, true, true), (502, true, true), (503, true, true), (504, true, true),
    ])
    func `a status tells whether the server may have acted and may be asked again`(
        status: Int,
        mayHaveActed: Bool,
        isRetryable: Bool
    ) {
        let error = CloudError.rejected(APIError(status: status))
        #expect(error.mayHaveActed == mayHaveActed)
        #expect(error.isRetryable == isRetryable)
    }

    @Test(
        arguments: [
            (403, "<html><body>Blocked</body></html>"), (404, "<html/>"), (303, "<html/>"), (302, ""),
            (400, "bad request"), (451, "unavailable for legal reasons"), (429, "<html>Slow down</html>"),
            (403, #"{"message":"Forbidden"}"#), (401, #"{"error":"Forbidden"}"#), (403, ""),
        ]
    )
    func `a refusal that the API did not write may hide a token that was made`(status: Int, body: String) throws {
        let scene = try Scene(mint, .reply(status, body))
        let error = failure { () throws(CloudError) in
            try scene.cloud.createToken(NewToken(description: "d", expires: 9))
        }
        #expect(error?.mayHaveActed == true)
        #expect(error?.isRefusalOfCredential == false)
        #expect(error?.isRetryable == (status == 429))
    }

    @Test(arguments: [303, 400, 401, 403, 404, 409, 429, 451])
    func `the API's own no is a no`(status: Int) throws {
        let scene = try Scene(mint, .reply(status, #"{"code":\#(status),"message":"no"}"#))
        let error = failure { () throws(CloudError) in
            try scene.cloud.createToken(NewToken(description: "d", expires: 9))
        }
        #expect(error?.mayHaveActed == false)
    }

    @Test(arguments: [
        (TransportError.Failure.refusedURL, false), (.nameLookup, true), (.connect, true), (.proxy, true),
        (.proxyRefusal, false),
        (.tls, false), (.timeout, true), (.connectionLost, true), (.replyTooLarge, false), (.malformedReply, true),
        (.interrupted, false), (.trustStore, false), (.other, false),
    ])
    func `a failure without a reply tells whether it may pass`(failure: TransportError.Failure, isRetryable: Bool) {
        for arrived in [true, false] {
            let error = CloudError.transport(TransportError(failure, requestMayHaveArrived: arrived, detail: "d"))
            #expect(error.isRetryable == isRetryable)
            #expect(error.mayHaveActed == arrived)
            #expect(error.summary == "d")
        }
    }

    @Test func `the request's identifier is shown for failures of the server only`() {
        #expect(CloudError.rejected(APIError(status: 500, requestID: "r-1")).summary == "status 500 (request r-1)")
        #expect(
            CloudError.rejected(APIError(status: 400, message: "no", requestID: "r-1")).summary == "status 400: no"
        )
        #expect(
            CloudError.rejected(APIError(status: 400, message: "no", oauthError: "invalid_grant")).summary
                == "status 400: invalid_grant: no"
        )
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sat, 29 Feb 2020 23:59:60 GMT", 1_583_020_800),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
            ("Tue, 31 Dec 2099 23:59:59 GMT", 4_102_444_799),
            ("Sun, 06 Nov 1994 08:49:37 CET", nil),
            ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 24:49:37 GMT", nil),
            ("Sun, 32 Nov 1994 08:49:37 GMT", nil),
            ("Sun, +6 Nov 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49 GMT", nil),
            ("Sun, 06 Nov 199 08:49:37 GMT", nil),
            ("1994-11-06T08:49:37Z", nil),
            ("", nil),
        ] as [(String, Int64?)]
    )
    func `dates of HTTP are read in their three forms`(text: String, moment: Int64?) {
        #expect(unixTime(ofHTTPDate: text) == moment)
    }
}
