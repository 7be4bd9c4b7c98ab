"""What desks share: forms, acting, requests, charts, middleware, sign-in."""
