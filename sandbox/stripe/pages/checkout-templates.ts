import { template } from './layout.ts';

export const FORM = template(`<div class="card">
<span class="badge">TEST MODE</span>
<h1>Save your card</h1>
<p class="soft">{{ merchant }} will keep this card for your future payments. Nothing is charged now.{% if email %}<br>For {{ email }}.{% endif %}</p>
{% if error %}<div class="error" role="alert" id="problem"><strong>{{ error }}</strong><br>Please check the details or try another card.</div>{% endif %}
<form method="post" action="{{ action }}"{% if error %} aria-describedby="problem"{% endif %}>
<div class="field"><label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" required maxlength="23" placeholder="1234 1234 1234 1234"{% if wrong == 'number' %} aria-invalid="true" autofocus{% endif %}{% unless error %} autofocus{% endunless %}></div>
<div class="row">
<div class="field"><label for="exp">Expiry date</label>
<input id="exp" name="exp" inputmode="numeric" autocomplete="cc-exp" required maxlength="9" placeholder="MM / YY" value="{{ exp }}"{% if wrong == 'exp' %} aria-invalid="true" autofocus{% endif %}></div>
<div class="field"><label for="cvc">Security code</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" required maxlength="4" placeholder="123"{% if wrong == 'cvc' %} aria-invalid="true" autofocus{% endif %}></div>
</div>
<div class="field"><label for="name">Name on card</label>
<input id="name" name="name" autocomplete="cc-name" required maxlength="200" value="{{ name }}"></div>
<button type="submit">Save card</button>
</form>
{% if cancel_url %}<a class="cancel" href="{{ cancel_url }}">Cancel and go back</a>{% endif %}
</div>
<p class="soft" style="margin-top:1rem">This is a sandbox, no real card works here. Try <code>4242 4242 4242 4242</code>; <a href="/">other test cards</a>.</p>`);

export const AUTHENTICATE = template(`<div class="card">
<span class="badge">TEST MODE</span>
<h1>Your bank wants to know that it is you</h1>
<p>Confirm that you want to save the card ending in {{ last4 }} with {{ merchant }}.</p>
<form method="post" action="{{ action }}">
<button type="submit" name="result" value="complete">Complete authentication</button>
<button type="submit" name="result" value="fail" class="plain">Fail authentication</button>
</form>
</div>`);

export const MESSAGE = template(`<div class="card">
<h1>{{ heading }}</h1>
<p>{{ message }}</p>
{% if link %}<a class="cancel" href="{{ link }}">{{ link_text }}</a>{% endif %}
</div>`);
