package yinxin;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.endpoint.OAuth2RefreshTokenGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientRefreshTokenTokenResponseClient;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A county app on stock Spring Security, as its engineers would write it. */
@SpringBootApplication
@RestController
public class App {
    public static void main(String[] args) {
        SpringApplication.run(App.class, args);
    }

    @Bean
    SecurityFilterChain chain(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {
        var signedOut = new OidcClientInitiatedLogoutSuccessHandler(clients);
        signedOut.setPostLogoutRedirectUri("{baseUrl}/");
        return http.authorizeHttpRequests(who -> who.requestMatchers("/").permitAll().anyRequest().authenticated())
                .oauth2Login(login -> login.redirectionEndpoint(end -> end.baseUri("/callback")))
                .logout(logout -> logout.logoutSuccessHandler(signedOut))
                .build();
    }

    @GetMapping("/")
    String home() {
        return "signed out";
    }

    @GetMapping("/me")
    String me(@AuthenticationPrincipal OidcUser user) {
        return user.getSubject() + " " + user.getFullName();
    }

    /** Trades the refresh token, as the authorized-client manager does when the access token ends. */
    @GetMapping("/refresh")
    String refresh(@RegisteredOAuth2AuthorizedClient("yinxin") OAuth2AuthorizedClient client) {
        var request = new OAuth2RefreshTokenGrantRequest(
                client.getClientRegistration(), client.getAccessToken(), client.getRefreshToken());
        var fresh = new RestClientRefreshTokenTokenResponseClient().getTokenResponse(request);
        boolean rotated = !fresh.getRefreshToken().getTokenValue().equals(client.getRefreshToken().getTokenValue());
        return "refreshed " + rotated;
    }

    @GetMapping("/csrf")
    String csrf(CsrfToken token) {
        return token.getParameterName() + "=" + token.getToken();
    }
}
